"""A neural network written from scratch for lopsided classes, as a literate report.

Rooms; imports go one way, from the last to the first:

- `lesson`: the network, its loss and its training, measures and thresholds. NumPy only;
- `table`: a file becomes X and Y;
- `report`: what a notebook calls;
- `pipeline`: the machinery around notebooks.

Beside them stand the model of all `parameters`, `errors`, `prose`, the `compiled` twins
of training and of prediction, the `estimator` for scikit-learn, and the command, `cli`.
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
