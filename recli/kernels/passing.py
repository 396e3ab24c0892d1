"""Weights of sources that a user's history moves from the first to the last."""

import numpy as np

from recli.kernels.offers import Longs, Offers, Values, best_places


def passed(offers: Offers, halves: list[float], steepness: float) -> Values:
    """Weights [users, sources] that add up to 1 for each user.

    The weight of a source without a list for the user goes to the others in proportion; where
    they have none either, all that have a list count alike.
    """
    events = offers.lengths.astype(np.float64)
    weights = np.empty((len(events), len(halves) + 1))
    left = np.ones(len(events))
    for source, half in enumerate(halves):
        onward = share(events, half, steepness)
        weights[:, source] = left * (1 - onward)
        left = left * onward
    weights[:, -1] = left
    has_list = (np.diff(offers.lists, axis=1) > 0).T  # [users, sources]
    weights = np.where(has_list, weights, 0.0)
    whole = weights.sum(axis=1, keepdims=True)
    weights = np.where(whole > 0, weights, has_list)
    whole = np.where(whole > 0, whole, has_list.sum(axis=1, keepdims=True))
    shares: Values = weights / np.maximum(whole, np.finfo(np.float64).tiny)
    return shares


def led(offers: Offers, weights: Values) -> Longs:
    """What pairs of one score are ordered by [pairs]: the list of the user's weightiest source.

    Where all weight is on one source its list comes out whole, before what others offer.
    """
    best, _ = best_places(offers)
    users = np.repeat(np.arange(len(weights)), np.diff(offers.starts))
    rows = offers.at[weights.argmax(axis=1)[users], np.arange(len(users))]
    places = offers.places[np.maximum(rows, 0)] if len(rows) else best
    behind = int(offers.places.max(initial=0))
    order = np.where(rows >= 0, places, behind + best).astype(np.int64)
    return order * offers.count + offers.items


def share(events: Values, half: float, steepness: float) -> Values:
    """alpha(n) = n^s / (n^s + h^s) for each number of events [users].

    >>> share(np.array([0.0, 7.0]), 3, 1).round(3).tolist()
    [0.0, 0.7]
    """
    with np.errstate(divide="ignore", over="ignore"):
        ratio = (half / events) ** steepness
    found: Values = 1 / (1 + ratio)
    return found
