"""Pass@N-aware finetuning: train a model for the number of samples you will draw at test time.

Cross-entropy drives a model towards confidence; when N answers are drawn and a verifier picks the
right one, that confidence is harmful. Direct Coverage Optimization (DCO) minimises
-log(1 - (1 - p)^N), minus the log of pass@N, whose gradient is the cross-entropy gradient times a
factor F(N, p) that vanishes once an answer is likely enough to be found in N draws.

Papers: Chen, Raventos, Cheng, Ganguli, Druckmann (2025), "Rethinking Fine-Tuning when Scaling
Test-Time Compute: Limiting Confidence Improves Mathematical Reasoning", arXiv:2502.07154; Walder
and Karkhanis (2025), "Pass@K Policy Optimization", arXiv:2505.15201; Chen et al. (2025), "Pass@k
Training", arXiv:2508.10751; Ousherovitch and Tewari on generators for search.

The public names are listed in `__all__` and are imported on first use, because they need torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.passn.advantages import max_minus_second, pass_at_k_training, pkpo
    from tools.passn.estimators import clustered_interval, exact_pass_at, majority_at, pass_at_k
    from tools.passn.evaluate import evaluate
    from tools.passn.huggingface import PassNLoss
    from tools.passn.losses import (
        dco_loss,
        dco_step_loss,
        factor,
        log_factor,
        log_pass_at,
        success_rate_weights,
        ua_loss,
        weighted_nll,
    )
    from tools.passn.theory import coverage, dco_optimum, optimal_coverage_policy

__all__ = [
    "PassNLoss",
    "clustered_interval",
    "coverage",
    "dco_loss",
    "dco_optimum",
    "dco_step_loss",
    "evaluate",
    "exact_pass_at",
    "factor",
    "log_factor",
    "log_pass_at",
    "majority_at",
    "max_minus_second",
    "optimal_coverage_policy",
    "pass_at_k",
    "pass_at_k_training",
    "pkpo",
    "success_rate_weights",
    "ua_loss",
    "weighted_nll",
]

_HOMES = {
    "PassNLoss": "huggingface",
    "clustered_interval": "estimators",
    "exact_pass_at": "estimators",
    "majority_at": "estimators",
    "pass_at_k": "estimators",
    "evaluate": "evaluate",
    "coverage": "theory",
    "dco_optimum": "theory",
    "optimal_coverage_policy": "theory",
    "max_minus_second": "advantages",
    "pass_at_k_training": "advantages",
    "pkpo": "advantages",
    "dco_loss": "losses",
    "dco_step_loss": "losses",
    "factor": "losses",
    "log_factor": "losses",
    "log_pass_at": "losses",
    "success_rate_weights": "losses",
    "ua_loss": "losses",
    "weighted_nll": "losses",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
