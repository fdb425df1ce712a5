exports.version = 1
