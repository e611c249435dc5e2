// The core and its CPU backend are all that danfojs needs of TensorFlow; the methods on tensors are put back here.
const core = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");

for (const name of Object.keys(core)) {
  if (typeof core[name] === "function" && !(name in core.Tensor.prototype)) {
    core.Tensor.prototype[name] = function (...rest) {
      return core[name](this, ...rest);
    };
  }
}

module.exports = {
  ...core,
  data: {
    array() {
      throw new Error("Cannot use tf.data: it is left out of this build");
    },
  },
};
