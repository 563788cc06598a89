"""Dance styles: drawn caricatures of three, readers of real ones, and the models that tell them apart."""
