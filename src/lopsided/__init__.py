"""A neural network written from scratch for lopsided classes, as a literate report.

Three rooms; imports go one way, from the last to the first:

- the lesson, NumPy only: `network`, `loss`, `training`, `metrics`, `threshold`;
- the toolbox that the notebooks need around it: `parameters`, `tables`, `recipe`,
  `appointments`, `data`, `simulate`, `experiment`, `intervals`, `figures`, `results`,
  `prose`, `errors`;
- the machinery: `pipeline` and `cli`.
"""

__version__ = "0.1.0"
