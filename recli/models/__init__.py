"""One file a retrieval model; its name is the command `train-NAME`."""
