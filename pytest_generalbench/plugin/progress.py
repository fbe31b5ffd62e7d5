"""Progress of a session: shown while it goes on, and written to the run folder as its heartbeat."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_generalbench.plugin.context import Benchmark
    from pytest_generalbench.plugin.controller import Controller
    from pytest_generalbench.plugin.progress_screen import ProgressScreen
    from pytest_generalbench.plugin.progress_thread import ProgressThread


class SessionProgress:
    """Follows the run of this session from its ledgers, as `generalbench watch` does.

    It belongs to the process that shows results: the controller, or the only one.

    Attributes:
        thread: What follows the run; None before the first item.
    """

    def __init__(self, benchmark: Benchmark, controller: Controller, config: pytest.Config) -> None:
        """Keep the parts; nothing happens before the first item runs."""
        self.benchmark = benchmark
        self.controller = controller
        self.config = config
        self.thread: ProgressThread | None = None
        self._screen: ProgressScreen | None = None
        self._is_over = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Begin to follow the run with the first item."""
        run = self.controller.run
        if run is None or self.thread is not None or self._is_over:
            return
        from pytest_generalbench.plugin.progress_thread import ProgressThread

        self._screen = self._opened()
        self.thread = ProgressThread(run.path, self.benchmark.registered, self._screen)
        self.thread.start()

    def _opened(self) -> ProgressScreen | None:
        """Return where progress is shown; None where it is not."""
        given, option = self.benchmark.settings.progress, self.config.option
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        is_quiet = self.config.get_verbosity() <= -2 or option.usepdb
        if given == "off" or reporter is None or is_quiet:
            return None
        # A reporter that draws on the screen itself is left alone.
        is_usual = type(reporter).__module__.startswith("_pytest.")
        writer = getattr(reporter, "_tw", None)
        file = getattr(writer, "_file", None)
        if writer is None or file is None or (given == "auto" and not is_usual):
            return None
        from pytest_generalbench.plugin.progress_screen import ProgressScreen

        # What tests print in this process must not run into the status line.
        is_captured = option.capture == "fd" or self.config.pluginmanager.has_plugin("dsession")
        is_terminal = os.name == "posix" and file.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        is_line = given != "log" and is_usual and is_captured and is_terminal
        try:
            return ProgressScreen(writer, file, is_line=is_line)
        except (OSError, ValueError, AttributeError):
            return None  # no file of the system's: whoever reads it reads it at the end

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        """Stop before the result is written."""
        self.stop()
        return (yield)

    def pytest_enter_pdb(self) -> None:
        """Leave the terminal to the debugger."""
        if self._screen is not None:
            self._screen.close()

    def pytest_unconfigure(self) -> None:
        """Stop where the session did not come to its end."""
        self.stop()

    def stop(self) -> None:
        """End the thread, and erase the status line."""
        if self._is_over:
            return
        self._is_over = True
        if self.thread is not None:
            self.thread.end()
            if self.thread.problem is not None:
                self.controller.notes.append(self.thread.problem)
        if self._screen is not None:
            self._screen.close()
