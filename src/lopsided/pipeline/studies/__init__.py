"""What `make audit` measures: a module a study, a committed table each.

Each has ``rows(data)``, which lists the rows of its table and how to measure each.
"""
