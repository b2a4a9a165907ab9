"""The network as a scikit-learn classifier: the lesson's functions, its conventions.

No mathematics here. `lesson.network` draws and evaluates, `training` trains, and
`parameters` says what is allowed, as in a report. What differs is what scikit-learn
asks for: an example is a row, labels are any two values, and only the ratios of weights
count.

Longer than most: most of it is what scikit-learn asks a classifier to document.
"""

from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from lopsided.engines import chosen, epoch_of, predict_logits, predict_proba
from lopsided.lesson.network import (
    Array,
    Network,
    initialise,
)
from lopsided.lesson.training import train
from lopsided.parameters import Settled, validate

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # scikit-learn 1.5

    def validate_data(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what the function of this name does from scikit-learn 1.6 on."""
        return estimator._validate_data(*args, **kwargs)


#: What only a report's table or training decides.
OF_A_REPORT = {
    **{"target": "y", "positive_label": "1", "features": "all", "threshold": 0.5},
    **{"training": "report", "n_networks": 1},
}


class NeuralNetClassifier(ClassifierMixin, BaseEstimator):
    """A ReLU network with one sigmoid output, trained by mini-batch gradient descent.

    For two classes. Features should be on one scale: put it behind a
    ``StandardScaler``. What a report has as a parameter too has the same name, meaning,
    limits and default here.

    Parameters
    ----------
    hidden_units : sequence of int
        Units of each hidden layer; ``()`` is logistic regression.
    initialisation : {"he", "xavier", "small"}
        How the first weights are drawn.
    epochs, batch_size : int
        Passes over the training data, and examples an update.
    initial_learning_rate, final_learning_rate : float
        Of the first and the last epoch; linear between. The defaults are for tables of
        many thousand rows: a small one has few batches an epoch, and wants more.
    l2 : float
        Penalty (l2 / 2) x the sum of squared weights, biases excluded.
    dtype : {"float64", "float32"}
    engine : {"auto", "numpy", "numba"}
        What trains; ``"numba"`` needs the extra ``fast``, and ``"auto"`` takes it where
        it is installed.
    class_weight : dict, "balanced" or None
        How much the examples of each label weigh. ``"balanced"`` gives both classes the
        same total weight.
    random_state : int, RandomState or None
        Of the first weights and the batches. An int is a report's ``seed``.

    Attributes
    ----------
    classes_ : array, shape (2,)
        The labels. The second is the positive class.
    network_ : Network
    history_ : History
        What the last call of `fit` or `partial_fit` met, one entry an epoch.
    n_features_in_ : int
    feature_names_in_ : array of str
        Only after training on a table whose columns have names.

    Notes
    -----
    `fit` first divides the weights by their mean. So it descends the weighted mean of
    the losses, over the *sum of the weights*, as elsewhere in scikit-learn: to double
    every weight changes nothing. In a report that mean divides by the *number* of
    examples, as in PyTorch, so that a larger w also makes larger steps.
    """

    def __init__(
        self,
        hidden_units: ArrayLike = (40, 3),
        *,
        initialisation: str = "he",
        epochs: int = 400,
        batch_size: int = 200,
        initial_learning_rate: float = 0.01,
        final_learning_rate: float = 1e-5,
        l2: float = 0.0,
        dtype: str = "float64",
        engine: str = "auto",
        class_weight: dict[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.initialisation = initialisation
        self.epochs = epochs
        self.batch_size = batch_size
        self.initial_learning_rate = initial_learning_rate
        self.final_learning_rate = final_learning_rate
        self.l2 = l2
        self.dtype = dtype
        self.engine = engine
        self.class_weight = class_weight
        self.random_state = random_state

    @classmethod
    def from_network(cls, network: Network, classes: ArrayLike = (0, 1)) -> Self:
        """Hand a network that is already trained to scikit-learn's tools.

        Parameters
        ----------
        network : Network
            Taken as it is, not copied.
        classes : array, shape (2,)
            The labels, the positive one last.
        """
        self = cls(network.layer_dims[1:-1], dtype=network.theta.dtype.name)
        self.classes_ = np.asarray(classes)
        self.n_features_in_ = network.layer_dims[0]
        self.network_ = network
        self._rng = np.random.default_rng()
        return self

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train a new network.

        Parameters
        ----------
        X : array or table, shape (m, n_0)
        y : array, shape (m,)
            Two different labels.
        sample_weight : array, shape (m,), optional
            Not negative. An example of weight 0 is left out.

        Raises
        ------
        InputError
            When an argument of the constructor is not allowed.
        ValueError
            When X, y or a weight is not.
        DivergenceError
            When the loss stops being finite.
        """
        parameters = self._parameters()
        rows, labels, weight = self._examples(
            X, y, sample_weight, parameters, reset=True
        )
        self.classes_ = np.unique(labels)
        if len(np.unique(labels[weight > 0])) < 2:
            raise ValueError("the examples are all of one class; training takes both")
        weight = self._weigh(labels, weight)
        self._start(parameters)
        weight = weight / weight[weight > 0].mean()
        return self._train(parameters, rows, labels, weight, parameters.epochs)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Go through some examples once, from where the last call left the network.

        The learning rate is ``initial_learning_rate``; ``set_params`` changes it
        between calls. Weights are taken as they are, since the mean over all that will
        come is not known: larger weights make larger steps.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`. Here ``y`` may hold one label only.
        classes : array, shape (2,)
            Both labels. Needed in the first call.

        Raises
        ------
        InputError, ValueError, DivergenceError
            As `fit`; and for ``class_weight="balanced"``, which takes all examples.
        """
        parameters = self._parameters()
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight is 'balanced', which takes all examples at once; for "
                "partial_fit, give a dict of numbers"
            )
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit")
        known = self.classes_ if classes is None else np.unique(classes)
        if len(known) != 2 or not (first or np.array_equal(known, self.classes_)):
            raise ValueError(
                f"classes is {known.tolist()}; give two, in every call the same"
            )
        rows, labels, weight = self._examples(
            X, y, sample_weight, parameters, reset=first
        )
        if not np.isin(labels, known).all():
            raise ValueError(f"y holds labels other than {known.tolist()}")
        self.classes_ = known
        weight = self._weigh(labels, weight)
        if first:
            self._start(parameters)
        return self._train(parameters, rows, labels, weight, epochs=1)

    def decision_function(self, X: ArrayLike) -> Array:
        """Compute the logit of the positive class, shape (m,)."""
        columns = self._columns(X)
        return predict_logits(self.network_, columns)[0]

    def predict_proba(self, X: ArrayLike) -> Array:
        """Predict the probability of each class, shape (m, 2)."""
        columns = self._columns(X)
        p = predict_proba(self.network_, columns)[0]
        return np.column_stack([1 - p, p])

    def predict(self, X: ArrayLike) -> Array:
        """Name the more probable label, shape (m,).

        At exactly 0.5 it is the negative one: scikit-learn takes the first of equals.
        For another threshold: ``TunedThresholdClassifierCV``, or `threshold.choose`.
        """
        logit = self.decision_function(X)
        return self.classes_[(logit > 0).astype(int)]

    def _parameters(self) -> Settled:
        """Check what the constructor was given by the rules of a report."""
        names = self.get_params().keys() - {"class_weight", "random_state"}
        # NumPy's numbers, which a grid search brings, become Python's; tuples, lists.
        given = {n: np.asarray(getattr(self, n)).tolist() for n in names}
        given["engine"] = chosen(given["engine"])
        return validate(OF_A_REPORT | given, Settled)

    def _examples(
        self, X: Any, y: Any, sample_weight: Any, parameters: Settled, reset: bool
    ) -> tuple[Array, Array, Array]:
        """Check examples, one a row, their labels and their own weights."""
        X, y = validate_data(self, X, y, dtype=parameters.dtype, reset=reset)
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind != "binary":  # in the words that scikit-learn prescribes
            raise ValueError(
                "Only binary classification is supported. The type of the target is "
                f"{kind}."
            )
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        if weight.min() < 0:
            raise ValueError("sample_weight must not be negative")
        return X, y, weight

    def _weigh(self, y: Array, sample_weight: Array) -> Array:
        """Multiply each example's own weight by that of its class."""
        positive = (y == self.classes_[1]).astype(int)
        if self.class_weight == "balanced":
            totals = np.bincount(positive, sample_weight)
            class_weight = totals.sum() / (2 * totals)
        else:
            class_weight = compute_class_weight(
                self.class_weight, classes=self.classes_, y=y
            )
        weight = sample_weight * class_weight[positive]
        if class_weight.min() < 0 or not weight.any():
            raise ValueError("class_weight must not be negative, nor leave out all")
        return weight

    def _start(self, parameters: Settled) -> None:
        """Draw the first weights."""
        self._rng = self._generator()
        layer_dims = [self.n_features_in_, *parameters.hidden_units, 1]
        self.network_ = initialise(
            layer_dims, self._rng, parameters.initialisation, dtype=parameters.dtype
        )

    def _generator(self) -> np.random.Generator:
        """Turn scikit-learn's ``random_state`` into what the lesson draws from."""
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(2**31)
        return np.random.default_rng(seed)

    def _train(
        self, parameters: Settled, X: Array, y: Array, weight: Array, epochs: int
    ) -> Self:
        """Train ``network_`` further."""
        used = weight > 0
        if not used.all():
            X, y, weight = X[used], y[used], weight[used]
        self.history_ = train(
            self.network_,
            X.T,
            (y == self.classes_[1])[None, :],
            weight[None, :],
            self._rng,
            epochs=epochs,
            batch_size=parameters.batch_size,
            initial_learning_rate=parameters.initial_learning_rate,
            final_learning_rate=parameters.final_learning_rate,
            l2=parameters.l2,
            run_epoch=epoch_of(parameters.engine),
        )
        return self

    def _columns(self, X: ArrayLike) -> Array:
        """Check examples to predict, and stand them in columns, shape (n_0, m)."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=self.network_.theta.dtype).T

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _more_tags(self) -> dict[str, bool]:  # scikit-learn 1.5
        return {"binary_only": True}
