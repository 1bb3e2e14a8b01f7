"""Faust hosts the folds: `batch` works out what records lead to, `worker` makes it happen."""
