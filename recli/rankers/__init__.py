"""One file a ranking model; its name is the command `train-NAME`."""
