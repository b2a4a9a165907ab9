"""The subject itself, in NumPy: a notebook explains each line. Imports only NumPy."""
