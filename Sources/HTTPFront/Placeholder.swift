// HTTPFront
