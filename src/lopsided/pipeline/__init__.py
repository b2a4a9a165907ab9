"""The machinery: notebooks, runs and the folders that they leave."""
