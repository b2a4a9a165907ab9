"""The machinery: runs, sweeps, audit, documents. Imports all; none imports it."""
