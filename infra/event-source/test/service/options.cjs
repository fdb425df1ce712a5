module.exports = () => ({ statusPort: 0, ...JSON.parse(process.env.OPTIONS || '{}') })
