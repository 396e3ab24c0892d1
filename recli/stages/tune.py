"""Run a search's trials in processes of their own, so that a time limit holds."""

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.kernels.isolated import end_with_parent
from recli.stages.tune_search import Limits, Search, Tried
from recli.stages.tune_study import abandon, begun, finished, opened, run_trial, study_of
from recli.store.failures import writing

_LOOK = 0.1  # seconds between two looks at the trials


def tune(search: Search, limits: Limits, journal: Path) -> Iterator[Tried]:
    """Trials as they end, those of an earlier run of the same study first.

    The journal holds the study: a run that was stopped goes on where it was. Raises RecliError
    where the journal is of another search, and where the defaults themselves are refused.
    """
    with writing(str(journal)):
        yield from _tune(search, limits, journal)


def _tune(search: Search, limits: Limits, journal: Path) -> Iterator[Tried]:
    study = study_of(search, journal)
    start = time.monotonic()
    told: set[int] = set()
    workers = [_Worker(search, limits, journal, job) for job in range(limits.jobs)]
    try:
        while True:
            running = [worker for worker in workers if worker.runs()]
            yield from _news(study, told)
            late = limits.seconds is not None and time.monotonic() - start >= limits.seconds
            if late or not running:
                break
            time.sleep(_LOOK)
    finally:
        for worker in workers:
            worker.end()
        abandon(study)
    yield from _news(study, told)


def _news(study: Any, told: set[int]) -> Iterator[Tried]:
    """Trials that ended since they were last asked for."""
    for one in finished(study):
        if one.number not in told:
            told.add(one.number)
            yield one


class _Worker:
    """A process that runs trials until there are enough; it says at its end what went wrong."""

    def __init__(self, search: Search, limits: Limits, journal: Path, job: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.ear, mouth = context.Pipe(duplex=False)
        search = replace(search, threads=max(1, search.threads // limits.jobs))
        arguments = (search, limits.trials, journal, job, mouth)
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        mouth.close()

    def runs(self) -> bool:
        """Whether it still works; raises what it could not go on from."""
        if self.process.is_alive():
            return True
        fault = self._heard()
        if fault is not None:
            raise fault
        if self.process.exitcode:
            raise RecliError(
                f"a trial died with status {self.process.exitcode}",
                "it may have run out of memory: give --study FILE and run again, with fewer --jobs",
                code=ExitCode.WORKER,
            )
        return False

    def _heard(self) -> BaseException | None:
        """What it said went wrong; None where it said nothing before it ended."""
        try:
            fault: BaseException | None = self.ear.recv() if self.ear.poll() else None
        except EOFError:
            return None
        return fault

    def end(self) -> None:
        """Stop it, whatever it does."""
        self.process.kill()
        self.process.join()
        self.ear.close()


def _work(search: Search, trials: int | None, journal: Path, job: int, mouth: Any) -> None:
    end_with_parent()
    try:
        study = opened(journal, search.seed + job)
        bench = search.bench()
        while trials is None or begun(study) < trials:
            run_trial(study, search, bench)
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        mouth.send(error)
