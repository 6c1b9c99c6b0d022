// What happens to shipments. The aggregate is the shipment.
export {}
