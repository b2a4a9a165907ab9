"""What `make audit` measures: a module a study, a committed table each.

Each has ``jobs(data)``, which lists the rows of its table and how to measure each.
"""
