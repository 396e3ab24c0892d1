"""A real browser without a window, asked over a pipe in the DevTools protocol."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

FOUND = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One page of a browser whose profile is an empty folder; `events` is what it told."""

    def __init__(self, profile: Path) -> None:
        asked, told = os.pipe(), os.pipe()

        def joined() -> None:
            """The browser reads what it is asked from file 3, and answers to file 4."""
            ends = os.dup(asked[0]), os.dup(told[1])
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        line = [str(FOUND), *QUIET, f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen(
            line,
            preexec_fn=joined,  # noqa: PLW1509
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(asked[0])
        os.close(told[1])
        self._to, self._from = os.fdopen(asked[1], "wb"), os.fdopen(told[0], "rb")
        self._held, self._count, self._session = b"", 0, None
        self.events: list[dict[str, Any]] = []
        pages = self("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in pages if one["type"] == "page")
        target = {"targetId": page, "flatten": True}
        self._session = self("Target.attachToTarget", **target)["sessionId"]
        for part in ("Page", "Network", "Log", "Runtime"):
            self(f"{part}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session = None
        try:
            self("Browser.close")
            self.process.wait(20)
        finally:
            self.process.kill()
            self._to.close()
            self._from.close()

    def __call__(self, method: str, **given: Any) -> dict[str, Any]:
        """What a method answers."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while (answer := self._next()).get("id") != self._count:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            read = os.read(self._from.fileno(), 1 << 16)
            assert read, "the browser is gone"
            self._held += read
        raw, _, self._held = self._held.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message

    def show(self, page: Path, width: int, scheme: str = "light") -> None:
        """Load a page in a window of some pixels, in light or dark."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self("Emulation.setDeviceMetricsOverride", **size)
        wish = {"name": "prefers-color-scheme", "value": scheme}
        self("Emulation.setEmulatedMedia", features=[wish])
        self.events.clear()
        self("Page.navigate", url=page.as_uri())
        while not any(one["method"] == "Page.loadEventFired" for one in self.events):
            self.events.append(self._next())

    def tell(self, script: str) -> Any:
        """The value of a script in the page."""
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        return self("Runtime.evaluate", **asked)["result"].get("value")
