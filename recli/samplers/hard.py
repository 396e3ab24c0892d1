"""What a model thinks likely and was not chosen: candidates, or neighbours of the positive.

Some of them are positives that nobody has seen yet: mix them with easy ones.
"""

from dataclasses import dataclass

from recli.kernels.sampling import Pool, Positives, Sampler, by_group


@dataclass(frozen=True)
class Hard(Sampler):
    """Each of the first of them as likely."""

    NEEDS = (("candidates", "similar"),)

    def pool(self, positives: Positives) -> Pool:
        """A pool for each user, or for each item that was chosen."""
        return by_group(positives.near_groups, positives.near)
