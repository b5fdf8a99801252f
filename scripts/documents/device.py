"""A device for the documents: it answers every request on dev/# with "on since 10:00"."""

import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


def answer(client, _, request):
    properties = Properties(PacketTypes.PUBLISH)
    properties.CorrelationData = request.properties.CorrelationData
    client.publish(request.properties.ResponseTopic, "on since 10:00", qos=1, properties=properties)


device = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
device.on_connect = lambda client, *_: client.subscribe("dev/#", qos=1)
device.on_message = answer
device.connect("127.0.0.1", int(sys.argv[1]))
device.loop_forever()
