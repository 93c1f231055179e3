"""Reading cash: what payers are known by, what the engine is given, queues, statements."""
