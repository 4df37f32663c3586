"""The registered experiments on algorithm discovery."""

from tools.discovery.compare_experiment import compare_policies as compare
from tools.discovery.run_experiment import search as run
from tools.discovery.study_experiment import study_policies as study
from tools.discovery.verify_experiment import verify

__all__ = ["compare", "run", "study", "verify"]
