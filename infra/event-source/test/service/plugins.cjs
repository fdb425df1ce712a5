module.exports = () => JSON.parse(process.env.PLUGINS)
