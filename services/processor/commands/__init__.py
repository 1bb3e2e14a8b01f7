"""What operators run beside the worker: `policy` shows and puts policies, `replay` tries them on history."""
