module.exports = () => process.env.KAFKA_BROKERS.split(',')
