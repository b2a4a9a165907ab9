"""A neural network written from scratch for lopsided classes, as a literate report.

Three rooms; imports go one way, from the last to the first:

- the lesson, NumPy only: `network`, `loss`, `training`, `metrics`, `threshold`;
- the toolbox that the notebooks need around it: `parameters`, `tables`, `recipe`,
  `appointments`, `data`, `simulate`, `experiment`, `intervals`, `figures`, `results`,
  `sweeps`, `prose`, `errors`, `compiled`, `estimator`;
- the machinery: `pipeline` and `cli`.
"""

from typing import TYPE_CHECKING

__all__ = ["NeuralNetClassifier", "__version__"]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from lopsided.estimator import NeuralNetClassifier
else:

    def __getattr__(name):
        """Import the estimator, and scikit-learn with it, when it is asked for."""
        if name == "NeuralNetClassifier":
            from lopsided.estimator import NeuralNetClassifier

            return NeuralNetClassifier
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
