"""A file becomes X and Y. Imports the lesson, and the modules beside these rooms."""
