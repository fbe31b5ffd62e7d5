"""A run that lies elsewhere: a folder, a `result.json` beside its rows, or an address that fsspec reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.instance_rows import ROWS_FOLDER, rows_path
from pytest_generalbench.runs.object_store import FsspecStore, MissingObjectError, is_address
from pytest_generalbench.runs.result_file import RESULT_FILE, read_result


class MissingRunError(GeneralBenchError):
    """There is no run where one was named."""

    def __init__(self, place: str | Path) -> None:
        """Build the message: what was named, and what may be."""
        self.place = str(place)
        super().__init__(
            f"{place} is no finished run, it has no {RESULT_FILE}: name a run folder, or a {RESULT_FILE} "
            f"beside its {ROWS_FOLDER}/"
        )


@contextmanager
def local_run(place: str | Path) -> Iterator[Path]:
    """Give the folder of a run; one at an address is copied for as long as it is wanted.

    Args:
        place: A run folder, its `result.json`, or the address of either.

    Raises:
        MissingRunError: there is no run.
        MissingDependencyError: an address needs fsspec.
        GeneralBenchError: what lies at an address cannot be read.
    """
    if not is_address(place):
        path = Path(place)
        folder = path.parent if path.name == RESULT_FILE and path.is_file() else path
        if not (folder / RESULT_FILE).is_file():
            raise MissingRunError(place)
        yield folder
        return
    with TemporaryDirectory(prefix="generalbench-") as name:
        _copy(str(place), Path(name))
        yield Path(name)


def _copy(address: str, folder: Path) -> None:
    store = FsspecStore(address, above=RESULT_FILE)
    try:
        (folder / RESULT_FILE).write_bytes(store.get(RESULT_FILE))
    except MissingObjectError as error:
        raise MissingRunError(address) from error
    _copy_rows(store, folder)


def _copy_rows(store: FsspecStore, folder: Path) -> None:
    """Copy the rows of every task that was scored; no listing is asked for, which not every server has."""
    for entry in read_result(folder).tasks:
        if entry.result.score is None:
            continue
        target = rows_path(folder, entry.id)
        if not target.resolve().is_relative_to(folder.resolve()):
            raise GeneralBenchError(f"a task is named {entry.id!r}, which is no id")
        target.parent.mkdir(parents=True, exist_ok=True)
        # Rows that are not there are missed, with the way out, when they are read.
        with suppress(MissingObjectError):
            target.write_bytes(store.get(rows_path(Path(), entry.id).as_posix()))
