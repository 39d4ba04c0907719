"""Choices as after a person accepted every group."""

from unipic.review.choices import NONE, Choices, best_only
from unipic.review.proposal import Proposal


def accept_all(proposal: Proposal, choices: Choices = NONE) -> Choices:
    """`choices` with every group decided by best_only()."""
    return {**choices, **best_only(proposal.groups, choices)}
