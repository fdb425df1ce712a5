module.exports = () => ({
  accessConfigurations: { vpcSubnet: ['subnet-0123'], vpcSecurityGroup: ['sg-0123'] },
  bootstrapServers: [process.env.KAFKA_BROKERS],
  topic: process.env.TOPIC,
  ...JSON.parse(process.env.SETTINGS || '{}')
})
