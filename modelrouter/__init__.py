"""Keep a business running when a model is taken away."""
