"""Training: the world that is rendered, the tasks, the trainer and the evaluation."""
