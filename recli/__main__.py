"""Entry point: runs a command and ends with one of the documented exit codes."""

import os
import signal
import sys


def main() -> None:
    """Run the command line in this process."""
    _open_missing()
    if sys.argv[1:] in (["--version"], ["-V"]):
        from recli import __version__

        print(f"recli {__version__}")
        return
    # A read that blocks on a pipe must hear Ctrl-C, and a Rust panic says enough without its
    # stack. Both have to be set before a heavy library starts.
    signal.siginterrupt(signal.SIGINT, True)
    os.environ.setdefault("RUST_BACKTRACE", "0")
    from recli.cli.app import run

    try:
        sys.exit(run(sys.argv[1:]))
    finally:
        _forget_the_rest()


def _open_missing() -> None:
    """Put /dev/null where standard input, output or error was closed by the caller.

    Else a file opened later would take its number, and messages would go into that file. Input
    is only opened for writing and output for reading: to use them is an error, not silence.
    """
    for number, way in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, way), True)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _forget_the_rest() -> None:
    """What standard output did not take was told of; it must not raise again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
