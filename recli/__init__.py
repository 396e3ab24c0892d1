"""From raw interaction logs to finished recommendation lists, on the command line."""

__version__ = "0.1.0"
