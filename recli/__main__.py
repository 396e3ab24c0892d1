"""Entry point: runs a command and ends with one of the documented exit codes."""

import os
import signal
import sys


def main() -> None:
    """Run the command line in this process."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from recli import __version__

        print(f"recli {__version__}")
        return
    # A read that blocks on a pipe must hear Ctrl-C, and a Rust panic says enough without its
    # stack. Both have to be set before a heavy library starts.
    signal.siginterrupt(signal.SIGINT, True)
    os.environ.setdefault("RUST_BACKTRACE", "0")
    from recli.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
