"""Runs the package's pipeline tests (`_dev/test/pipeline`, in elastic-package's format) on a real engine."""

from auth0_elastic.golden.bench import Bench
from auth0_elastic.golden.case import Case, find_cases, read_case
from auth0_elastic.golden.report import CaseReport, Report
from auth0_elastic.golden.run import run, run_case

__all__ = ["Bench", "Case", "CaseReport", "Report", "find_cases", "read_case", "run", "run_case"]
