"""One file an off-policy estimator; its name is what `ope --estimator` is asked for."""
