"""The subject: network, loss, training, metrics, thresholds. Imports only NumPy."""
