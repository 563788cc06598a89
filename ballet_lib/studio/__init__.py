"""The embedded dancer: a body, choreography, a camera and a renderer; every joint is known exactly."""
