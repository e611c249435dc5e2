// danfojs asks for TensorFlow's native build (136 MB and a compiler) and uses none of it: plain tensors do.
module.exports = require("@tensorflow/tfjs");
