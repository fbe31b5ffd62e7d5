"""Run General-Bench with pytest: every task an item, every item a score, the scores a General-Level tier.

The names below are the public interface (docs/api.md); each is imported when it is first used, so that the
plugin stays light. Whatever else the package holds may change without notice.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the module typing is not imported: most sessions need nothing of this file
if TYPE_CHECKING:
    from typing import Any, Final

    from pytest_generalbench.core.answered import AnsweredInstance as AnsweredInstance
    from pytest_generalbench.core.errors import DataError as DataError
    from pytest_generalbench.core.errors import GeneralBenchError as GeneralBenchError
    from pytest_generalbench.core.errors import MediaError as MediaError
    from pytest_generalbench.core.errors import MissingDependencyError as MissingDependencyError
    from pytest_generalbench.core.errors import ModelError as ModelError
    from pytest_generalbench.core.errors import UnknownWordError as UnknownWordError
    from pytest_generalbench.core.media.media import Media as Media
    from pytest_generalbench.core.options import MODEL_OPTIONS as MODEL_OPTIONS
    from pytest_generalbench.core.options import RUN_OPTIONS as RUN_OPTIONS
    from pytest_generalbench.core.outputs.base import AnswerFormatError as AnswerFormatError
    from pytest_generalbench.core.outputs.base import StructuredOutput as StructuredOutput
    from pytest_generalbench.core.outputs.codecs.images.rle import Rle as Rle
    from pytest_generalbench.core.outputs.forms.audio import Audio as Audio
    from pytest_generalbench.core.outputs.forms.boxes import Boxes as Boxes
    from pytest_generalbench.core.outputs.forms.boxes import Detection as Detection
    from pytest_generalbench.core.outputs.forms.boxes import FrameBoxes as FrameBoxes
    from pytest_generalbench.core.outputs.forms.boxes import Keypoint as Keypoint
    from pytest_generalbench.core.outputs.forms.boxes import Keypoints as Keypoints
    from pytest_generalbench.core.outputs.forms.boxes import OneBox as OneBox
    from pytest_generalbench.core.outputs.forms.boxes import Person as Person
    from pytest_generalbench.core.outputs.forms.boxes import Tube as Tube
    from pytest_generalbench.core.outputs.forms.image import Image as Image
    from pytest_generalbench.core.outputs.forms.map_sequences import DepthSequence as DepthSequence
    from pytest_generalbench.core.outputs.forms.map_sequences import MaskSequence as MaskSequence
    from pytest_generalbench.core.outputs.forms.map_sequences import SalientSequence as SalientSequence
    from pytest_generalbench.core.outputs.forms.maps import Alpha as Alpha
    from pytest_generalbench.core.outputs.forms.maps import AnomalyMap as AnomalyMap
    from pytest_generalbench.core.outputs.forms.maps import ClassMap as ClassMap
    from pytest_generalbench.core.outputs.forms.maps import DepthMap as DepthMap
    from pytest_generalbench.core.outputs.forms.maps import FlowField as FlowField
    from pytest_generalbench.core.outputs.forms.maps import Mask as Mask
    from pytest_generalbench.core.outputs.forms.mesh import Mesh as Mesh
    from pytest_generalbench.core.outputs.forms.motion import Motion as Motion
    from pytest_generalbench.core.outputs.forms.point_cloud import PointCloud as PointCloud
    from pytest_generalbench.core.outputs.forms.scenes3d import Boxes3d as Boxes3d
    from pytest_generalbench.core.outputs.forms.scenes3d import Normals as Normals
    from pytest_generalbench.core.outputs.forms.scenes3d import PointInstance as PointInstance
    from pytest_generalbench.core.outputs.forms.scenes3d import PointInstances as PointInstances
    from pytest_generalbench.core.outputs.forms.scenes3d import PointLabels as PointLabels
    from pytest_generalbench.core.outputs.forms.scenes3d import Poses as Poses
    from pytest_generalbench.core.outputs.forms.scenes3d import Tracks3d as Tracks3d
    from pytest_generalbench.core.outputs.forms.segments import InstanceMask as InstanceMask
    from pytest_generalbench.core.outputs.forms.segments import InstanceMasks as InstanceMasks
    from pytest_generalbench.core.outputs.forms.segments import PanopticMap as PanopticMap
    from pytest_generalbench.core.outputs.forms.segments import Segment as Segment
    from pytest_generalbench.core.outputs.forms.symbolic_music import SymbolicMusic as SymbolicMusic
    from pytest_generalbench.core.outputs.forms.video import Video as Video
    from pytest_generalbench.core.outputs.media_output import MediaOutput as MediaOutput
    from pytest_generalbench.core.request import Instance as Instance
    from pytest_generalbench.core.request import Output as Output
    from pytest_generalbench.core.request import Request as Request
    from pytest_generalbench.core.result import InstanceRow as InstanceRow
    from pytest_generalbench.core.result import TaskResult as TaskResult
    from pytest_generalbench.core.task import Task as Task
    from pytest_generalbench.core.visible_text import visible_text as visible_text
    from pytest_generalbench.evaluation.answers import answers_of as answers_of
    from pytest_generalbench.evaluation.conformance import Check as Check
    from pytest_generalbench.evaluation.conformance import check_model as check_model
    from pytest_generalbench.evaluation.data_check import Finding as Finding
    from pytest_generalbench.evaluation.data_check import FolderCheck as FolderCheck
    from pytest_generalbench.evaluation.data_check import StrayFolder as StrayFolder
    from pytest_generalbench.evaluation.data_check import TaskCheck as TaskCheck
    from pytest_generalbench.evaluation.data_check import check_data as check_data
    from pytest_generalbench.evaluation.gpu_use import GpuUse as GpuUse
    from pytest_generalbench.evaluation.moved_scores import MovedScore as MovedScore
    from pytest_generalbench.evaluation.progress import RunProgress as RunProgress
    from pytest_generalbench.evaluation.progress import RunWatch as RunWatch
    from pytest_generalbench.evaluation.progress import WorkerProgress as WorkerProgress
    from pytest_generalbench.evaluation.progress import progress_of as progress_of
    from pytest_generalbench.evaluation.rescoring import Rescored as Rescored
    from pytest_generalbench.evaluation.rescoring import rescore as rescore
    from pytest_generalbench.evaluation.rescoring import rescore_like as rescore_like
    from pytest_generalbench.evaluation.scoring.backbones.listing import RoleWeights as RoleWeights
    from pytest_generalbench.evaluation.scoring.backbones.listing import download_weights as download_weights
    from pytest_generalbench.evaluation.scoring.backbones.listing import list_weights as list_weights
    from pytest_generalbench.evaluation.task_description import TaskDescription as TaskDescription
    from pytest_generalbench.evaluation.task_description import describe_task as describe_task
    from pytest_generalbench.launch.engine import ENGINES as ENGINES
    from pytest_generalbench.launch.mirrors import storage_at as storage_at
    from pytest_generalbench.launch.plan import LaunchPlan as LaunchPlan
    from pytest_generalbench.launch.plan import plan_launch as plan_launch
    from pytest_generalbench.launch.run_plan import PlannedEnd as PlannedEnd
    from pytest_generalbench.launch.run_plan import PlannedSubset as PlannedSubset
    from pytest_generalbench.launch.run_plan import RunPlan as RunPlan
    from pytest_generalbench.launch.run_plan import plan_run as plan_run
    from pytest_generalbench.launch.shards import Storage as Storage
    from pytest_generalbench.launch.status import LaunchStatus as LaunchStatus
    from pytest_generalbench.launch.status import ShardStatus as ShardStatus
    from pytest_generalbench.launch.status import is_launch as is_launch
    from pytest_generalbench.launch.status import launch_status as launch_status
    from pytest_generalbench.launch.supervision import LaunchOutcome as LaunchOutcome
    from pytest_generalbench.launch.supervision import cancel_launch as cancel_launch
    from pytest_generalbench.launch.supervision import run_launch as run_launch
    from pytest_generalbench.metrics.base import Accumulator as Accumulator
    from pytest_generalbench.metrics.base import Metric as Metric
    from pytest_generalbench.metrics.base import MetricValue as MetricValue
    from pytest_generalbench.models.base import Failed as Failed
    from pytest_generalbench.models.base import Model as Model
    from pytest_generalbench.models.registry import ModelKind as ModelKind
    from pytest_generalbench.models.registry import open_model as open_model
    from pytest_generalbench.protocols.base import Protocol as Protocol
    from pytest_generalbench.protocols.base import TaskContext as TaskContext
    from pytest_generalbench.protocols.structured import StructuredProtocol as StructuredProtocol
    from pytest_generalbench.protocols.text.base import TextProtocol as TextProtocol
    from pytest_generalbench.reports.badge import badge as badge
    from pytest_generalbench.reports.cache_misses import explain_cache_miss as explain_cache_miss
    from pytest_generalbench.reports.comparability import NotComparableError as NotComparableError
    from pytest_generalbench.reports.comparison import Difference as Difference
    from pytest_generalbench.reports.comparison import Side as Side
    from pytest_generalbench.reports.comparison import diff_runs as diff_runs
    from pytest_generalbench.reports.export import EXPORT_FORMATS as EXPORT_FORMATS
    from pytest_generalbench.reports.export import export_run as export_run
    from pytest_generalbench.reports.gate import GateResult as GateResult
    from pytest_generalbench.reports.leaderboard import Leaderboard as Leaderboard
    from pytest_generalbench.reports.leaderboard import LeaderboardRow as LeaderboardRow
    from pytest_generalbench.reports.leaderboard import LeaderboardTable as LeaderboardTable
    from pytest_generalbench.reports.leaderboard import leaderboard as leaderboard
    from pytest_generalbench.reports.model_card import push_model_card as push_model_card
    from pytest_generalbench.reports.next_tasks import NEXT_ORDERS as NEXT_ORDERS
    from pytest_generalbench.reports.next_tasks import NextSteps as NextSteps
    from pytest_generalbench.reports.next_tasks import NextTask as NextTask
    from pytest_generalbench.reports.next_tasks import explain_next as explain_next
    from pytest_generalbench.reports.next_tasks import next_steps as next_steps
    from pytest_generalbench.reports.page.writing import write_page as write_page
    from pytest_generalbench.reports.paired_tasks import TaskDifference as TaskDifference
    from pytest_generalbench.reports.remote_runs import MissingRunError as MissingRunError
    from pytest_generalbench.reports.run_comparison import LayerDifference as LayerDifference
    from pytest_generalbench.reports.run_comparison import LeftOut as LeftOut
    from pytest_generalbench.reports.run_comparison import RunComparison as RunComparison
    from pytest_generalbench.reports.run_comparison import compare_runs as compare_runs
    from pytest_generalbench.reports.run_data import Run as Run
    from pytest_generalbench.reports.run_data import TaskRow as TaskRow
    from pytest_generalbench.reports.run_data import load_run as load_run
    from pytest_generalbench.reports.run_ranks import rank_runs as rank_runs
    from pytest_generalbench.reports.summary import summary_markdown as summary_markdown
    from pytest_generalbench.reports.telling_instances import TellingInstance as TellingInstance
    from pytest_generalbench.runs.listing import RunEntry as RunEntry
    from pytest_generalbench.runs.listing import list_runs as list_runs
    from pytest_generalbench.runs.manifest import Verification as Verification
    from pytest_generalbench.runs.manifest import verify_run as verify_run
    from pytest_generalbench.runs.merge import MergedRun as MergedRun
    from pytest_generalbench.runs.merge import merge_runs as merge_runs
    from pytest_generalbench.runs.published_run import fetch_run as fetch_run
    from pytest_generalbench.runs.published_run import local_runs as local_runs
    from pytest_generalbench.runs.result_file import result_schema as result_schema
    from pytest_generalbench.statistics.intervals import INTERVAL_METHODS as INTERVAL_METHODS
    from pytest_generalbench.statistics.ranks import RankedRun as RankedRun
    from pytest_generalbench.suite.data.fetch.hub import download_data as download_data
    from pytest_generalbench.suite.data.fetch.hub import plan_download as plan_download
    from pytest_generalbench.suite.data.fetch.inventory import DataInventory as DataInventory
    from pytest_generalbench.suite.data.fetch.inventory import TaskInventory as TaskInventory
    from pytest_generalbench.suite.data.fetch.inventory import data_inventory as data_inventory
    from pytest_generalbench.suite.data.fetch.inventory import free_data as free_data
    from pytest_generalbench.suite.data.fetch.plan import DownloadPlan as DownloadPlan
    from pytest_generalbench.suite.data.fetch.plan import TaskPlan as TaskPlan
    from pytest_generalbench.suite.level.compute import level as level
    from pytest_generalbench.suite.level.explanation import explain_level as explain_level
    from pytest_generalbench.suite.level.result import LevelResult as LevelResult
    from pytest_generalbench.suite.level.result import ModalityLevel as ModalityLevel
    from pytest_generalbench.suite.level.score_file import level_of_file as level_of_file
    from pytest_generalbench.suite.tasks import load_tasks as load_tasks

__version__ = "0.2.0"

_PLACES: Final = {
    "Accumulator": "metrics.base",
    "Alpha": "core.outputs.forms.maps",
    "AnomalyMap": "core.outputs.forms.maps",
    "AnswerFormatError": "core.outputs.base",
    "AnsweredInstance": "core.answered",
    "Audio": "core.outputs.forms.audio",
    "Boxes": "core.outputs.forms.boxes",
    "Boxes3d": "core.outputs.forms.scenes3d",
    "Check": "evaluation.conformance",
    "ClassMap": "core.outputs.forms.maps",
    "DataError": "core.errors",
    "DataInventory": "suite.data.fetch.inventory",
    "DepthMap": "core.outputs.forms.maps",
    "DepthSequence": "core.outputs.forms.map_sequences",
    "Detection": "core.outputs.forms.boxes",
    "Difference": "reports.comparison",
    "DownloadPlan": "suite.data.fetch.plan",
    "ENGINES": "launch.engine",
    "EXPORT_FORMATS": "reports.export",
    "Failed": "models.base",
    "Finding": "evaluation.data_check",
    "FlowField": "core.outputs.forms.maps",
    "FolderCheck": "evaluation.data_check",
    "FrameBoxes": "core.outputs.forms.boxes",
    "GateResult": "reports.gate",
    "GeneralBenchError": "core.errors",
    "GpuUse": "evaluation.gpu_use",
    "INTERVAL_METHODS": "statistics.intervals",
    "Image": "core.outputs.forms.image",
    "Instance": "core.request",
    "InstanceMask": "core.outputs.forms.segments",
    "InstanceMasks": "core.outputs.forms.segments",
    "InstanceRow": "core.result",
    "Keypoint": "core.outputs.forms.boxes",
    "Keypoints": "core.outputs.forms.boxes",
    "LaunchOutcome": "launch.supervision",
    "LaunchPlan": "launch.plan",
    "LaunchStatus": "launch.status",
    "LayerDifference": "reports.run_comparison",
    "Leaderboard": "reports.leaderboard",
    "LeaderboardRow": "reports.leaderboard",
    "LeaderboardTable": "reports.leaderboard",
    "LeftOut": "reports.run_comparison",
    "LevelResult": "suite.level.result",
    "MODEL_OPTIONS": "core.options",
    "Mask": "core.outputs.forms.maps",
    "MaskSequence": "core.outputs.forms.map_sequences",
    "Media": "core.media.media",
    "MediaError": "core.errors",
    "MediaOutput": "core.outputs.media_output",
    "MergedRun": "runs.merge",
    "Mesh": "core.outputs.forms.mesh",
    "Metric": "metrics.base",
    "MetricValue": "metrics.base",
    "MissingDependencyError": "core.errors",
    "MissingRunError": "reports.remote_runs",
    "ModalityLevel": "suite.level.result",
    "Model": "models.base",
    "ModelError": "core.errors",
    "ModelKind": "models.registry",
    "Motion": "core.outputs.forms.motion",
    "MovedScore": "evaluation.moved_scores",
    "NEXT_ORDERS": "reports.next_tasks",
    "NextSteps": "reports.next_tasks",
    "NextTask": "reports.next_tasks",
    "Normals": "core.outputs.forms.scenes3d",
    "NotComparableError": "reports.comparability",
    "OneBox": "core.outputs.forms.boxes",
    "Output": "core.request",
    "PanopticMap": "core.outputs.forms.segments",
    "Person": "core.outputs.forms.boxes",
    "PlannedEnd": "launch.run_plan",
    "PlannedSubset": "launch.run_plan",
    "PointCloud": "core.outputs.forms.point_cloud",
    "PointInstance": "core.outputs.forms.scenes3d",
    "PointInstances": "core.outputs.forms.scenes3d",
    "PointLabels": "core.outputs.forms.scenes3d",
    "Poses": "core.outputs.forms.scenes3d",
    "Protocol": "protocols.base",
    "RUN_OPTIONS": "core.options",
    "RankedRun": "statistics.ranks",
    "Request": "core.request",
    "Rescored": "evaluation.rescoring",
    "Rle": "core.outputs.codecs.images.rle",
    "RoleWeights": "evaluation.scoring.backbones.listing",
    "Run": "reports.run_data",
    "RunComparison": "reports.run_comparison",
    "RunEntry": "runs.listing",
    "RunPlan": "launch.run_plan",
    "RunProgress": "evaluation.progress",
    "RunWatch": "evaluation.progress",
    "SalientSequence": "core.outputs.forms.map_sequences",
    "Segment": "core.outputs.forms.segments",
    "ShardStatus": "launch.status",
    "Side": "reports.comparison",
    "StrayFolder": "evaluation.data_check",
    "Storage": "launch.shards",
    "StructuredOutput": "core.outputs.base",
    "StructuredProtocol": "protocols.structured",
    "SymbolicMusic": "core.outputs.forms.symbolic_music",
    "Task": "core.task",
    "TaskCheck": "evaluation.data_check",
    "TaskContext": "protocols.base",
    "TaskDescription": "evaluation.task_description",
    "TaskDifference": "reports.paired_tasks",
    "TaskInventory": "suite.data.fetch.inventory",
    "TaskPlan": "suite.data.fetch.plan",
    "TaskResult": "core.result",
    "TaskRow": "reports.run_data",
    "TellingInstance": "reports.telling_instances",
    "TextProtocol": "protocols.text.base",
    "Tracks3d": "core.outputs.forms.scenes3d",
    "Tube": "core.outputs.forms.boxes",
    "UnknownWordError": "core.errors",
    "Verification": "runs.manifest",
    "Video": "core.outputs.forms.video",
    "WorkerProgress": "evaluation.progress",
    "answers_of": "evaluation.answers",
    "badge": "reports.badge",
    "cancel_launch": "launch.supervision",
    "check_data": "evaluation.data_check",
    "check_model": "evaluation.conformance",
    "compare_runs": "reports.run_comparison",
    "data_inventory": "suite.data.fetch.inventory",
    "describe_task": "evaluation.task_description",
    "diff_runs": "reports.comparison",
    "download_data": "suite.data.fetch.hub",
    "download_weights": "evaluation.scoring.backbones.listing",
    "explain_cache_miss": "reports.cache_misses",
    "explain_level": "suite.level.explanation",
    "explain_next": "reports.next_tasks",
    "export_run": "reports.export",
    "fetch_run": "runs.published_run",
    "free_data": "suite.data.fetch.inventory",
    "is_launch": "launch.status",
    "launch_status": "launch.status",
    "leaderboard": "reports.leaderboard",
    "level": "suite.level.compute",
    "level_of_file": "suite.level.score_file",
    "list_runs": "runs.listing",
    "list_weights": "evaluation.scoring.backbones.listing",
    "load_run": "reports.run_data",
    "load_tasks": "suite.tasks",
    "local_runs": "runs.published_run",
    "merge_runs": "runs.merge",
    "next_steps": "reports.next_tasks",
    "open_model": "models.registry",
    "plan_download": "suite.data.fetch.hub",
    "plan_launch": "launch.plan",
    "plan_run": "launch.run_plan",
    "progress_of": "evaluation.progress",
    "push_model_card": "reports.model_card",
    "rank_runs": "reports.run_ranks",
    "rescore": "evaluation.rescoring",
    "rescore_like": "evaluation.rescoring",
    "result_schema": "runs.result_file",
    "run_launch": "launch.supervision",
    "storage_at": "launch.mirrors",
    "summary_markdown": "reports.summary",
    "verify_run": "runs.manifest",
    "visible_text": "core.visible_text",
    "write_page": "reports.page.writing",
}
"""Module of each public name."""

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
