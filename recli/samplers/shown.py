"""What the user was shown and did not choose, by a log of impressions."""

from dataclasses import dataclass

from recli.kernels.sampling import Pool, Positives, Sampler, by_group


@dataclass(frozen=True)
class Shown(Sampler):
    """The only negatives that somebody looked at."""

    NEEDS = (("impressions",),)

    def pool(self, positives: Positives) -> Pool:
        """A pool for each user."""
        return by_group(positives.users, positives.shown)
