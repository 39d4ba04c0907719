"""The result of a review as plain values, for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from unipic.cleanup.record import cleanup_to_dict
from unipic.core.photo import files_of
from unipic.review.choices import Choices, outcomes, report
from unipic.review.proposal import Proposal


def result_to_dict(proposal: Proposal, choices: Choices) -> dict[str, Any]:
    """The figures, the outcome of each file with its reason, and the cleanup."""
    decided = outcomes(proposal, choices)
    figures = report(proposal, choices, decided)
    return {
        "report": {**asdict(figures), "agreement": figures.agreement},
        "files": [
            {
                "name": file.name,
                "fate": o.fate,
                "reason": o.reason if file is o.file else f"belongs to {o.file.name}",
                "instead": [photo.name for photo in o.instead],
            }
            for o in decided
            for file in files_of(o.file)
        ],
        "cleanup": cleanup_to_dict(proposal.cleanup),
    }
