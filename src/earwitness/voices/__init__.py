"""Comparing voices: what two recordings' speech is worth as evidence for one speaker or two.

From speech to features (``mel``, ``cepstra``), to vectors (``embedder``, ``gmm``, ``onnx_model``), to
scores (``scoring``), to likelihood ratios (``calibration``) that were validated on the population of
the case (``validation``, ``metrics``), within the conditions of the case (``population``).
"""
