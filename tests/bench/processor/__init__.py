"""What the stream processor does per second, how soon, after what recovery and in how much memory."""
