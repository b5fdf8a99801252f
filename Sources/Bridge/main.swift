print("mqtt-bridge")
