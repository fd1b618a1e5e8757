"""Looking into files: making pictures smaller, and asking a scanner. The only place that knows Pillow."""
