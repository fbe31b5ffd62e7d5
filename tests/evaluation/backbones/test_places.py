from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.result import DEMO_NETWORK
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.scoring.backbones import BackboneError, Backbones, make_backbones
from pytest_generalbench.evaluation.scoring.backbones.roles import ROLE_SPECS
from pytest_generalbench.evaluation.scoring.backbones.sources import HubCache, WeightsFolder, digest_of
from pytest_generalbench.metrics.backbone_interfaces import ROLES

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("transformers")

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
    return folder


def cached(hub: Path, repository: str, content: bytes = b"weights") -> str:
    """Lay a repository into the cache in the hub's own shape, and return its weights' digest."""
    top = hub / f"models--{repository.replace('/', '--')}"
    digest = hashlib.sha256(content).hexdigest()
    for folder in (top / "blobs", top / "refs", top / "snapshots" / REVISION):
        folder.mkdir(parents=True)
    (top / "refs" / "main").write_text(REVISION)
    (top / "blobs" / digest).write_bytes(content)
    (top / "blobs" / "cfg").write_text("{}")
    (top / "snapshots" / REVISION / "config.json").symlink_to(top / "blobs" / "cfg")
    (top / "snapshots" / REVISION / "model.safetensors").symlink_to(top / "blobs" / digest)
    return digest


def test_every_role_has_an_interface_and_facts() -> None:
    assert set(ROLE_SPECS) == set(ROLES)


def test_weights_in_the_cache_are_named_with_revision_and_digest(hub: Path) -> None:
    cache = HubCache()
    assert not cache.has("clip")
    digest = cached(hub, "openai/clip-vit-base-patch32")
    assert cache.has("clip")
    value = hashlib.sha256(digest.encode()).hexdigest()[:12]
    assert cache.identity("clip") == f"openai/clip-vit-base-patch32@01234567 sha256:{value}"
    assert not cache.has("dino")
    assert cache.lacking("dino") == "hf download facebook/dino-vitb16"


def test_a_stand_in_is_taken_only_where_its_own_weights_are_absent_and_says_so(hub: Path) -> None:
    cached(hub, "openai/clip-vit-base-patch32")
    cache = HubCache()
    assert cache.identity("video_text").startswith("STAND-IN openai/clip")
    cached(hub, "microsoft/xclip-base-patch32")
    assert cache.identity("video_text").startswith("microsoft/xclip")


def test_a_repository_without_its_weights_is_not_there(hub: Path) -> None:
    cached(hub, "facebook/dino-vitb16")
    next(hub.rglob("model.safetensors")).unlink()
    assert not HubCache().has("dino")


def test_the_users_folder_goes_before_the_cache(hub: Path, tmp_path: Path) -> None:
    cached(hub, "openai/clip-vit-base-patch32")
    own = tmp_path / "weights" / "clip"
    own.mkdir(parents=True)
    (own / "model.safetensors").write_bytes(b"own")
    made = make_backbones(Settings("m", weights="weights"), is_demo=False, folder=tmp_path)
    assert made.identity("clip") == f"clip sha256:{digest_of(own)}"
    assert made.missing(["clip"]) is None
    value = made.missing(["dino", "clip", "musiq"])
    assert value is not None
    assert value.startswith("needs the weights of dino and musiq: put DINO")
    assert " or hf download facebook/dino-vitb16; " in value
    with pytest.raises(BackboneError, match="needs the weights of flow"):
        made.get("flow")


def test_random_weights_serve_the_demo_set_alone(hub: Path, tmp_path: Path) -> None:
    demo = make_backbones(Settings("m"), is_demo=True, folder=tmp_path)
    assert demo.missing(list(ROLES)) is None
    assert {demo.identity(role) for role in ROLES} == {DEMO_NETWORK}
    real = make_backbones(Settings("m", data="elsewhere"), is_demo=False, folder=tmp_path)
    assert all(real.missing([role]) for role in ROLES if role != "mos")


def test_the_same_weights_have_the_same_digest_and_others_another(tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(content)
        (tmp_path / name / "README.md").write_text(name)
    assert digest_of(tmp_path / "a") == digest_of(tmp_path / "b") != digest_of(tmp_path / "c")


def test_slips_are_told(tmp_path: Path) -> None:
    with pytest.raises(GeneralBenchError, match="there is no such folder"):
        WeightsFolder(tmp_path / "nowhere")
    with pytest.raises(UnknownWordError, match="did you mean 'clip'"):
        Backbones([]).missing(["clib"])
