"""One file a subcommand; the file name is the command."""
