"""The commands of README and documentation run as they are written, and show what the page shows."""

from __future__ import annotations

import re
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import DOCS, PAGES, Block, blocks_of, read, script, shown
from tests.docs.stage import BEFORE, Stage, finished_run
from tests.models.served import Said, serve

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="a wheel has no documentation")

BLOCKS = [block for page in PAGES if page.exists() for block in read(page)[1]]
RUN_PAGES = sorted({block.page for block in BLOCKS if block.shell and not block.reason})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> dict[str, Path]:
    """Return the folders of two small finished runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENERALBENCH_CACHE", str(shared_cache))
        return {name: finished_run(tmp_path_factory.mktemp(name), name) for name in ("random", "majority")}


def plain(text: str) -> str:
    """Return output without what differs between runs: numbers, the letters of answers, and the level."""
    level = re.sub(r"General-Level: .*", "General-Level", text)
    return re.sub(r"'[A-D]'", "'A'", re.sub(r"[\d.]+", "0", level))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the commands are those of bash")
@pytest.mark.parametrize("page", RUN_PAGES)
def test_the_commands_of_a_page_run_as_they_are_written(
    page: str, tmp_path: Path, finished: dict[str, Path]
) -> None:
    with serve(lambda body, before: Said("A")) as served, ExitStack() as opened:
        stage = Stage(tmp_path / "reader", finished, served.url.removesuffix("/v1"))
        opened.enter_context(stage.parts)
        if page in BEFORE:
            BEFORE[page](stage)
        blocks = [block for block in BLOCKS if block.page == page]
        for block in blocks:
            if block.file:
                stage.file(block.file, block.body)
        for block in blocks:
            if block.shell and not block.reason:
                done = stage.perform(block)
                assert done.returncode == block.exit_code, f"{block}\n{done.stdout[-3000:]}"
                output = plain(done.stdout)
                assert [line for line in shown(block) if plain(line) not in output] == [], (
                    f"{block}\n{done.stdout}"
                )


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_says_what_it_is(block: Block) -> None:
    # A shell block without its language would be neither run nor checked.
    assert block.language, "a fence names its language; `text` where it is none"
    if block.shell:
        assert script(block).strip(), "no command in it"
    else:
        assert not re.search(r"^(\$ )?(pytest|generalbench|pip|bash|python3?) ", block.body, re.MULTILINE)
        assert not block.reason


def test_blocks_that_are_not_run_say_why() -> None:
    reasons = {str(block): block.reason for block in BLOCKS if block.reason}
    assert all(reason.startswith(("needs ", "these are ")) for reason in reasons.values()), reasons
    assert sum(block.shell for block in BLOCKS) > 3 * len(reasons)


def test_a_page_is_read_as_it_is_written() -> None:
    first, second = blocks_of(
        "a.md",
        "x\n<!-- not run: needs a GPU -->\n```bash\nls\n```\n\n"
        "<!-- exit code: 1 -->\n```console\n$ ls b\nno b\n```\n",
    )
    assert (first.line, first.reason, first.exit_code, script(first)) == (3, "needs a GPU", 0, "ls\n")
    assert (second.line, second.reason, second.exit_code) == (8, "", 1)
    assert (script(second), shown(second)) == ("ls b\n", ["no b"])
