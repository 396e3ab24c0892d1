"""The command line: parse, open, call the stage, publish."""
